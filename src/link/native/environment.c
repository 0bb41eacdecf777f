#include "environment.h"

#include <stdlib.h>

struct environment *this_environment(napi_env env) {
  struct environment *environment = NULL;
  napi_get_instance_data(env, (void **)&environment);
  return environment;
}

/* A uv_close has called back. Node waits at its end until the cleanup hook is removed, which is when the last one has. */
void handle_closed(struct environment *environment) {
  if (--environment->closing > 0 || !environment->ending) return;
  napi_async_cleanup_hook_handle hook = environment->cleanup;
  free(environment);
  napi_remove_async_cleanup_hook(hook);
}
