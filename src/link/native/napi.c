#include "napi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

/* ---- errors ---------------------------------------------------------------------------------------------------- */

const char *error_name(int error) {
  /* drivers/net/tun.c answers with EBADFD once the device is gone; libuv has no name for it. */
  if (error == EBADFD) return "EBADFD";
  return uv_err_name(uv_translate_sys_error(error));
}

/* An Error as Node's own: `code` and `syscall`, and a message that names both and what it was about. */
napi_value throw_errno(napi_env env, int error, const char *syscall, const char *subject) {
  char text[256];
  snprintf(text, sizeof text, "%s: %s, %s %s", error_name(error), strerror(error), syscall, subject);
  napi_value code, message, object;
  if (napi_create_string_utf8(env, error_name(error), NAPI_AUTO_LENGTH, &code) == napi_ok &&
      napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message) == napi_ok &&
      napi_create_error(env, code, message, &object) == napi_ok && set_text(env, object, "syscall", syscall) &&
      set_number(env, object, "errno", error))
    napi_throw(env, object);
  return NULL;
}

napi_value throw_type(napi_env env, const char *message) {
  napi_throw_type_error(env, NULL, message);
  return NULL;
}

napi_value throw_range(napi_env env, const char *message) {
  napi_throw_range_error(env, NULL, message);
  return NULL;
}

static bool type_error(napi_env env, const char *what, const char *wanted) {
  char text[160];
  snprintf(text, sizeof text, "%s must be %s", what, wanted);
  napi_throw_type_error(env, NULL, text);
  return false;
}

/* ---- arguments ------------------------------------------------------------------------------------------------- */

bool get_args(napi_env env, napi_callback_info info, size_t count, napi_value *args) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, args, NULL, NULL) == napi_ok && given >= count) return true;
  throw_type(env, "Too few arguments");
  return false;
}

bool get_number(napi_env env, napi_value value, int64_t least, int64_t most, const char *what, int64_t *out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return type_error(env, what, "a number");
  /* Written so that NaN fails it; the conversion below is defined only within the range. */
  if (!(number >= (double)least && number <= (double)most)) return type_error(env, what, "within its range");
  *out = (int64_t)number;
  if ((double)*out != number) return type_error(env, what, "an integer");
  return true;
}

bool get_text(napi_env env, napi_value value, const char *what, char *out, size_t size) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return type_error(env, what, "a string");
  if (length >= size) return type_error(env, what, "a shorter string");
  if (napi_get_value_string_utf8(env, value, out, size, &length) != napi_ok) return type_error(env, what, "a string");
  if (strlen(out) != length) return type_error(env, what, "a string without NUL");
  return true;
}

static bool get_array(napi_env env, napi_value value, napi_typedarray_type wanted, void **data, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, length, data, NULL, NULL) == napi_ok && type == wanted;
}

bool get_bytes(napi_env env, napi_value value, const char *what, uint8_t **data, size_t *length) {
  return get_array(env, value, napi_uint8_array, (void **)data, length) || type_error(env, what, "a Uint8Array");
}

bool get_ints(napi_env env, napi_value value, const char *what, int32_t **data, size_t *length) {
  return get_array(env, value, napi_int32_array, (void **)data, length) || type_error(env, what, "an Int32Array");
}

/* ---- results --------------------------------------------------------------------------------------------------- */

bool set_number(napi_env env, napi_value object, const char *key, int64_t value) {
  napi_value number;
  return napi_create_int64(env, value, &number) == napi_ok &&
         napi_set_named_property(env, object, key, number) == napi_ok;
}

bool set_bool(napi_env env, napi_value object, const char *key, bool value) {
  napi_value boolean;
  return napi_get_boolean(env, value, &boolean) == napi_ok &&
         napi_set_named_property(env, object, key, boolean) == napi_ok;
}

bool set_text(napi_env env, napi_value object, const char *key, const char *value) {
  napi_value text;
  return napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &text) == napi_ok &&
         napi_set_named_property(env, object, key, text) == napi_ok;
}
