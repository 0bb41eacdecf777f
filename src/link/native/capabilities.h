/* Giving up root's rights, in every thread. */
#ifndef TCPGLASS_CAPABILITIES_H
#define TCPGLASS_CAPABILITIES_H

#include <node_api.h>

napi_value drop_capabilities(napi_env env, napi_callback_info info);

#endif
