{
  "targets": [
    {
      "target_name": "tun",
      "sources": ["addon.c", "device.c", "batch.c", "checksum.c", "busy-poll.c", "netlink.c", "capabilities.c"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-O3", "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-cast-function-type", "-fvisibility=hidden"]
    }
  ]
}
