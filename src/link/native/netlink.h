/* Addresses, MTU, up and down, without an `ip` binary. */
#ifndef TCPGLASS_NETLINK_H
#define TCPGLASS_NETLINK_H

#include <node_api.h>

napi_value link_info(napi_env env, napi_callback_info info);
napi_value link_set(napi_env env, napi_callback_info info);
napi_value link_add_address(napi_env env, napi_callback_info info);
napi_value link_route_to(napi_env env, napi_callback_info info);

#endif
