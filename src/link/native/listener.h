/* Listening sockets of the kernel that are accepted from one by one. */
#ifndef TCPGLASS_LISTENER_H
#define TCPGLASS_LISTENER_H

#include <node_api.h>

napi_value listener_open(napi_env env, napi_callback_info info);
napi_value listener_accept(napi_env env, napi_callback_info info);
napi_value listener_close(napi_env env, napi_callback_info info);

#endif
