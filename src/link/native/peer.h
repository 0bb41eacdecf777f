/* Who is at the other end of a Unix socket. */
#ifndef TCPGLASS_PEER_H
#define TCPGLASS_PEER_H

#include <node_api.h>

napi_value peer_credentials(napi_env env, napi_callback_info info);

#endif
