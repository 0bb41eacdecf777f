/* A device's addresses, MTU and state, through rtnetlink (rtnetlink(7)): containers seldom have an `ip` binary. */
#include "napi.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for a header, a fixed part and a few attributes: ours have at most two, of 16 bytes each. */
struct request {
  struct nlmsghdr header;
  char body[256];
};

static void add_attribute(struct request *request, unsigned short type, const void *data, unsigned short length) {
  struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
  attribute->rta_type = type;
  attribute->rta_len = RTA_LENGTH(length);
  memcpy(RTA_DATA(attribute), data, length);
  request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

/* What the kernel answers: an acknowledgement with the request quoted behind it, or what was asked for. */
struct reply {
  struct nlmsghdr header;
  union {
    struct nlmsgerr error;
    struct rtmsg route;
  } body;
  char rest[1024];
};

/* Sends the request and waits for the first message of the answer. Returns 0 or an errno. */
static int ask(struct request *request, struct reply *reply) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return errno;
  int error = 0;
  /* The kernel answers within the send; the limit only makes sure that nothing can block the event loop for good. */
  struct timeval limit = {.tv_sec = 2};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  request->header.nlmsg_flags |= NLM_F_REQUEST;
  request->header.nlmsg_seq = 1;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  ssize_t got;
  if (sendto(fd, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) error = errno;
  else if ((got = recv(fd, reply, sizeof *reply, 0)) < 0) error = errno;
  else if (got < (ssize_t)sizeof reply->header || !NLMSG_OK(&reply->header, (unsigned)got)) error = EPROTO;
  else if (reply->header.nlmsg_type == NLMSG_ERROR)
    error = reply->header.nlmsg_len < NLMSG_LENGTH(sizeof reply->body.error) ? EPROTO : -reply->body.error.error;
  close(fd);
  return error;
}

/* Sends the request and waits for its acknowledgement. Returns 0 or an errno. */
static int talk(struct request *request) {
  struct reply reply;
  request->header.nlmsg_flags |= NLM_F_ACK;
  int error = ask(request, &reply);
  return error == 0 && reply.header.nlmsg_type != NLMSG_ERROR ? EPROTO : error;
}

/*
 * setLink(name, mtu, queueLength, up: 0|1): an MTU of 0 leaves it as it is, and so does a length of 0 (a TUN device can't do
 * without a queue), and 0 for `up` (nothing here takes a device down).
 */
napi_value link_set(napi_env env, napi_callback_info info) {
  napi_value args[4];
  char name[IFNAMSIZ];
  int64_t mtu, queue_length, up;
  if (!get_args(env, info, 4, args) || !get_text(env, args[0], "name", name, sizeof name) ||
      !get_number(env, args[1], 0, INT32_MAX, "mtu", &mtu) ||
      !get_number(env, args[2], 0, INT32_MAX, "queueLength", &queue_length) ||
      !get_number(env, args[3], 0, 1, "up", &up))
    return NULL;
  struct request request = {.header = {.nlmsg_type = RTM_NEWLINK, .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg))}};
  struct ifinfomsg *link = NLMSG_DATA(&request.header);
  link->ifi_family = AF_UNSPEC;
  link->ifi_index = (int)if_nametoindex(name);
  if (link->ifi_index == 0) return throw_errno(env, errno, "netlink(RTM_NEWLINK)", name);
  if (up) link->ifi_flags = link->ifi_change = IFF_UP;
  const uint32_t mtu_value = (uint32_t)mtu, queue_value = (uint32_t)queue_length;
  if (mtu > 0) add_attribute(&request, IFLA_MTU, &mtu_value, sizeof mtu_value);
  if (queue_length > 0) add_attribute(&request, IFLA_TXQLEN, &queue_value, sizeof queue_value);
  int error = talk(&request);
  return error ? throw_errno(env, error, "netlink(RTM_NEWLINK)", name) : NULL;
}

/* addAddress(name, address, prefix): adds one, and touches no other; that it is there already is fine. */
napi_value link_add_address(napi_env env, napi_callback_info info) {
  napi_value args[3];
  char name[IFNAMSIZ], text[INET6_ADDRSTRLEN];
  int64_t prefix;
  if (!get_args(env, info, 3, args) || !get_text(env, args[0], "name", name, sizeof name) ||
      !get_text(env, args[1], "address", text, sizeof text) || !get_number(env, args[2], 0, 128, "prefix", &prefix))
    return NULL;
  unsigned char bytes[16];
  const bool v6 = strchr(text, ':') != NULL;
  const unsigned short length = v6 ? 16 : 4;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes) != 1) return throw_type(env, "address must be an IP address");
  if (prefix > length * 8) return throw_type(env, "prefix must be at most the address's length");

  struct request request = {.header = {.nlmsg_type = RTM_NEWADDR, .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg))}};
  struct ifaddrmsg *address = NLMSG_DATA(&request.header);
  request.header.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
  address->ifa_family = v6 ? AF_INET6 : AF_INET;
  address->ifa_prefixlen = (unsigned char)prefix;
  address->ifa_index = if_nametoindex(name);
  if (address->ifa_index == 0) return throw_errno(env, errno, "netlink(RTM_NEWADDR)", name);
  /* No other host is on the link that could have it: without this no socket could bind to it for a moment (RFC 4862, 5.4). */
  if (v6) address->ifa_flags = IFA_F_NODAD;
  add_attribute(&request, IFA_LOCAL, bytes, length);
  add_attribute(&request, IFA_ADDRESS, bytes, length);
  int error = talk(&request);
  return error && error != EEXIST ? throw_errno(env, error, "netlink(RTM_NEWADDR)", name) : NULL;
}

/*
 * routeTo(address): the name of the device to which the kernel sends what is for this address ("lo" when that is an address
 * of this machine); null: no route leads there.
 */
napi_value link_route_to(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  char text[INET6_ADDRSTRLEN], name[IFNAMSIZ] = "";
  unsigned char bytes[16];
  if (!get_args(env, info, 1, args) || !get_text(env, args[0], "address", text, sizeof text)) return NULL;
  const bool v6 = strchr(text, ':') != NULL;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes) != 1) return throw_type(env, "address must be an IP address");
  struct request request = {.header = {.nlmsg_type = RTM_GETROUTE, .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg))}};
  struct rtmsg *wanted = NLMSG_DATA(&request.header);
  wanted->rtm_family = v6 ? AF_INET6 : AF_INET;
  wanted->rtm_dst_len = v6 ? 128 : 32;
  add_attribute(&request, RTA_DST, bytes, v6 ? 16 : 4);
  struct reply reply;
  int error = ask(&request, &reply);
  if (error == ENETUNREACH || error == EHOSTUNREACH || error == EACCES || error == EINVAL)
    return napi_get_null(env, &result) == napi_ok ? result : NULL; /* no route, or one that says no */
  if (error) return throw_errno(env, error, "netlink(RTM_GETROUTE)", text);
  if (reply.header.nlmsg_type != RTM_NEWROUTE) return throw_errno(env, EPROTO, "netlink(RTM_GETROUTE)", text);
  int left = (int)RTM_PAYLOAD(&reply.header);
  for (struct rtattr *a = RTM_RTA(&reply.body.route); RTA_OK(a, left); a = RTA_NEXT(a, left))
    if (a->rta_type == RTA_OIF && RTA_PAYLOAD(a) >= sizeof(uint32_t)) if_indextoname(*(uint32_t *)RTA_DATA(a), name);
  if (name[0] == '\0') return napi_get_null(env, &result) == napi_ok ? result : NULL;
  return napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &result) == napi_ok ? result : NULL;
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static int prefix_length(const unsigned char *mask, int length) {
  int bits = 0;
  for (int i = 0; i < length; i++) bits += __builtin_popcount(mask[i]);
  return bits;
}

/* One entry of getifaddrs as { address, prefix }; a link-layer entry gives NULL. */
static napi_value describe(napi_env env, const struct ifaddrs *entry) {
  if (!entry->ifa_addr || !entry->ifa_netmask) return NULL;
  const bool v6 = entry->ifa_addr->sa_family == AF_INET6;
  if (!v6 && entry->ifa_addr->sa_family != AF_INET) return NULL;
  const void *bytes = v6 ? (void *)&((struct sockaddr_in6 *)entry->ifa_addr)->sin6_addr
                         : (void *)&((struct sockaddr_in *)entry->ifa_addr)->sin_addr;
  const void *mask = v6 ? (void *)&((struct sockaddr_in6 *)entry->ifa_netmask)->sin6_addr
                        : (void *)&((struct sockaddr_in *)entry->ifa_netmask)->sin_addr;
  char text[INET6_ADDRSTRLEN];
  napi_value object;
  if (!inet_ntop(entry->ifa_addr->sa_family, bytes, text, sizeof text) || napi_create_object(env, &object) != napi_ok ||
      !set_text(env, object, "address", text) ||
      !set_number(env, object, "prefix", prefix_length(mask, v6 ? 16 : 4)))
    return NULL;
  return object;
}

static bool set_addresses(napi_env env, napi_value link, const char *name) {
  struct ifaddrs *all = NULL;
  napi_value list, item;
  uint32_t count = 0;
  if (napi_create_array(env, &list) != napi_ok || getifaddrs(&all) != 0) return false;
  bool ok = true;
  for (struct ifaddrs *entry = all; entry && ok; entry = entry->ifa_next)
    if (strcmp(entry->ifa_name, name) == 0 && (item = describe(env, entry)))
      ok = napi_set_element(env, list, count++, item) == napi_ok;
  freeifaddrs(all);
  return ok && napi_set_named_property(env, link, "addresses", list) == napi_ok;
}

/*
 * linkInfo(name): { index, up, mtu, queueLength, addresses: [{ address, prefix }] }, or null when there is no such device.
 */
napi_value link_info(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  char name[IFNAMSIZ];
  if (!get_args(env, info, 1, args) || !get_text(env, args[0], "name", name, sizeof name)) return NULL;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return throw_errno(env, errno, "socket", name);
  struct ifreq flags = {0}, mtu = {0}, queue = {0};
  snprintf(flags.ifr_name, IFNAMSIZ, "%s", name);
  snprintf(mtu.ifr_name, IFNAMSIZ, "%s", name);
  snprintf(queue.ifr_name, IFNAMSIZ, "%s", name);
  bool found = ioctl(fd, SIOCGIFFLAGS, &flags) == 0 && ioctl(fd, SIOCGIFMTU, &mtu) == 0 &&
               ioctl(fd, SIOCGIFTXQLEN, &queue) == 0;
  int error = errno;
  close(fd);
  if (!found && error != ENODEV) return throw_errno(env, error, "ioctl(SIOCGIFFLAGS)", name);
  if (!found) return napi_get_null(env, &result) == napi_ok ? result : NULL;
  if (napi_create_object(env, &result) != napi_ok || !set_number(env, result, "index", if_nametoindex(name)) ||
      !set_bool(env, result, "up", flags.ifr_flags & IFF_UP) || !set_number(env, result, "mtu", mtu.ifr_mtu) ||
      !set_number(env, result, "queueLength", queue.ifr_qlen) || !set_addresses(env, result, name))
    return throw_errno(env, EIO, "getifaddrs", name);
  return result;
}
