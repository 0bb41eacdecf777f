/* The state of one of the kernel's TCP sockets. */
#ifndef TCPGLASS_SOCKET_STATE_H
#define TCPGLASS_SOCKET_STATE_H

#include <node_api.h>

napi_value socket_state(napi_env env, napi_callback_info info);

#endif
