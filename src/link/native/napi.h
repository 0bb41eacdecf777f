/* Node-API in short: arguments taken and checked, results set, errors thrown. */
#ifndef TCPGLASS_NAPI_H
#define TCPGLASS_NAPI_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every helper that returns false, and every throw_*, leaves an exception pending. */
napi_value throw_errno(napi_env env, int error, const char *syscall, const char *subject);
napi_value throw_type(napi_env env, const char *message);
napi_value throw_range(napi_env env, const char *message);
const char *error_name(int error);
bool get_args(napi_env env, napi_callback_info info, size_t count, napi_value *args);
bool get_number(napi_env env, napi_value value, int64_t least, int64_t most, const char *what, int64_t *out);
bool get_text(napi_env env, napi_value value, const char *what, char *out, size_t size);
bool get_bytes(napi_env env, napi_value value, const char *what, uint8_t **data, size_t *length);
bool get_ints(napi_env env, napi_value value, const char *what, int32_t **data, size_t *length);
bool set_number(napi_env env, napi_value object, const char *key, int64_t value);
bool set_bool(napi_env env, napi_value object, const char *key, bool value);
bool set_text(napi_env env, napi_value object, const char *key, const char *value);

#endif
