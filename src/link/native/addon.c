/* The module: its functions, and how arguments are checked and errors thrown. */
#include "addon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct addon *this_addon(napi_env env) {
  struct addon *addon = NULL;
  napi_get_instance_data(env, (void **)&addon);
  return addon;
}

/* The device that a handle stands for. A closed one is no argument error: it reads like a closed file (EBADF). */
struct device *get_device(napi_env env, napi_value handle) {
  int64_t id;
  if (!get_number(env, handle, 1, UINT32_MAX, "handle", &id)) return NULL;
  for (struct device *device = this_addon(env)->devices; device; device = device->next)
    if (device->id == id) return device;
  throw_errno(env, EBADF, "tun", "device is closed");
  return NULL;
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

/* ---- the module ------------------------------------------------------------------------------------------------ */

/* A uv_close has called back. Node waits at its end until the cleanup hook is removed, which is when the last one has. */
void handle_closed(struct addon *addon) {
  if (--addon->closing > 0 || !addon->ending) return;
  napi_async_cleanup_hook_handle hook = addon->cleanup;
  free(addon);
  napi_remove_async_cleanup_hook(hook);
}

/* The environment ends (process exit, or a worker was terminated): close what is still open. */
static void on_environment_end(napi_async_cleanup_hook_handle hook, void *data) {
  struct addon *addon = data;
  addon->ending = true;
  while (addon->devices) close_device(addon->devices);
  busy_poll_close(addon);
}

static bool add_function(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value) == napi_ok &&
         napi_set_named_property(env, exports, name, value) == napi_ok;
}

NAPI_MODULE_INIT() {
  struct addon *addon = calloc(1, sizeof *addon);
  if (!addon) return throw_errno(env, ENOMEM, "malloc", "addon");
  addon->env = env;
  /* Last what libuv remembers: a handle of its can't be taken back at once. */
  if (napi_get_uv_event_loop(env, &addon->loop) != napi_ok ||
      napi_set_instance_data(env, addon, NULL, NULL) != napi_ok || !busy_poll_init(addon)) {
    free(addon);
    napi_throw_error(env, NULL, "Cannot set up the TUN addon");
    return NULL;
  }
  if (napi_add_async_cleanup_hook(env, on_environment_end, addon, &addon->cleanup) != napi_ok) {
    napi_throw_error(env, NULL, "Cannot set up the TUN addon");
    return NULL;
  }
  if (add_function(env, exports, "open", tun_open) && add_function(env, exports, "watch", tun_watch) &&
      add_function(env, exports, "watchWritable", tun_watch_writable) &&
      add_function(env, exports, "setRef", tun_set_ref) && add_function(env, exports, "close", tun_close) &&
      add_function(env, exports, "features", tun_features) && add_function(env, exports, "read", tun_read) &&
      add_function(env, exports, "write", tun_write) && add_function(env, exports, "linkInfo", link_info) &&
      add_function(env, exports, "busyPoll", tun_busy_poll) && add_function(env, exports, "setLink", link_set) &&
      add_function(env, exports, "addAddress", link_add_address) &&
      add_function(env, exports, "routeTo", link_route_to) &&
      add_function(env, exports, "dropCapabilities", drop_capabilities) &&
      set_number(env, exports, "roomForRead", MAX_READ + ALIGNMENT))
    return exports;
  return NULL;
}
