{
  "targets": [
    {
      "target_name": "tun",
      "sources": [
        "addon.c", "batch.c", "device.c", "busy-poll.c", "environment.c",
        "netlink.c", "capabilities.c", "checksum.c", "peer.c", "listener.c",
        "socket-state.c", "napi.c"
      ],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-O3", "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-cast-function-type", "-fvisibility=hidden"],
      # Once loaded it stays: when the last worker that has it ends, the signal handler of dropCapabilities may still be on its
      # way back in another thread.
      "ldflags": ["-Wl,-z,nodelete"]
    }
  ]
}
