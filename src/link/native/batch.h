/* Many packets per call. */
#ifndef TCPGLASS_BATCH_H
#define TCPGLASS_BATCH_H

#include <node_api.h>

napi_value tun_read(napi_env env, napi_callback_info info);
napi_value tun_write(napi_env env, napi_callback_info info);

#endif
