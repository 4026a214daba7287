package dev.millrace.packetdrill.call;

import java.util.HashMap;
import java.util.Map;

/// The constants of C that arguments of system calls may be, with the values that Linux has for them. Options of sockets are known by
/// their names, in [OptionTable].
final class Symbols {
    static final int POLLIN = 1;
    static final int POLLPRI = 2;
    static final int POLLOUT = 4;
    static final int POLLERR = 8;
    static final int POLLHUP = 0x10;
    static final int POLLNVAL = 0x20;
    static final int POLLRDHUP = 0x2000;
    static final int EPOLLONESHOT = 1 << 30;
    static final long EPOLLET = 1L << 31;
    static final int O_NONBLOCK = 0x800;
    static final int O_RDWR = 2;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int MSG_OOB = 1;
    static final int MSG_PEEK = 2;
    static final int MSG_TRUNC = 0x20;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_WAITALL = 0x100;
    static final int MSG_ERRQUEUE = 0x2000;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_MORE = 0x8000;
    static final int MSG_FASTOPEN = 0x2000_0000;
    static final int MSG_ZEROCOPY = 0x400_0000;

    private static final Map<String, Long> VALUES = values();

    private Symbols() {
    }

    /// The value of a constant, or `null`.
    static Long value(String name) {
        return VALUES.get(name);
    }

    private static Map<String, Long> values() {
        Map<String, Long> v = new HashMap<>();
        put(v, "AF_UNSPEC", 0, "AF_INET", 2, "AF_INET6", 10, "PF_INET", 2, "PF_INET6", 10);
        put(v, "SOCK_STREAM", 1, "SOCK_DGRAM", 2, "SOCK_RAW", 3, "SOCK_NONBLOCK", SOCK_NONBLOCK, "SOCK_CLOEXEC", SOCK_CLOEXEC);
        put(v, "IPPROTO_IP", 0, "IPPROTO_ICMP", 1, "IPPROTO_TCP", 6, "IPPROTO_UDP", 17, "IPPROTO_IPV6", 41, "IPPROTO_ICMPV6", 58,
                "IPPROTO_SCTP", 132, "IPPROTO_UDPLITE", 136, "IPPROTO_RAW", 255, "IPPROTO_MPTCP", 262);
        put(v, "INADDR_ANY", 0, "INADDR_LOOPBACK", 0x7f000001, "SHUT_RD", 0, "SHUT_WR", 1, "SHUT_RDWR", 2);
        put(v, "F_GETFD", 1, "F_SETFD", 2, "F_GETFL", 3, "F_SETFL", 4, "FD_CLOEXEC", 1);
        put(v, "O_RDONLY", 0, "O_WRONLY", 1, "O_RDWR", O_RDWR, "O_NONBLOCK", O_NONBLOCK, "O_NDELAY", O_NONBLOCK, "O_CLOEXEC", 0x80000);
        put(v, "POLLIN", POLLIN, "POLLPRI", POLLPRI, "POLLOUT", POLLOUT, "POLLERR", POLLERR, "POLLHUP", POLLHUP, "POLLNVAL", POLLNVAL,
                "POLLRDNORM", 0x40, "POLLRDBAND", 0x80, "POLLWRNORM", 0x100, "POLLWRBAND", 0x200, "POLLRDHUP", POLLRDHUP);
        put(v, "EPOLLIN", POLLIN, "EPOLLPRI", POLLPRI, "EPOLLOUT", POLLOUT, "EPOLLERR", POLLERR, "EPOLLHUP", POLLHUP,
                "EPOLLRDNORM", 0x40, "EPOLLRDBAND", 0x80, "EPOLLWRNORM", 0x100, "EPOLLWRBAND", 0x200, "EPOLLRDHUP", POLLRDHUP,
                "EPOLLONESHOT", EPOLLONESHOT);
        v.put("EPOLLET", EPOLLET);
        put(v, "EPOLL_CTL_ADD", 1, "EPOLL_CTL_DEL", 2, "EPOLL_CTL_MOD", 3, "EPOLL_CLOEXEC", 0x80000);
        put(v, "MSG_OOB", MSG_OOB, "MSG_PEEK", MSG_PEEK, "MSG_CTRUNC", 8, "MSG_TRUNC", MSG_TRUNC, "MSG_DONTWAIT", MSG_DONTWAIT,
                "MSG_EOR", 0x80, "MSG_WAITALL", MSG_WAITALL, "MSG_ERRQUEUE", MSG_ERRQUEUE, "MSG_NOSIGNAL", MSG_NOSIGNAL, "MSG_MORE", MSG_MORE,
                "MSG_FASTOPEN", MSG_FASTOPEN, "MSG_ZEROCOPY", MSG_ZEROCOPY, "MSG_CONFIRM", 0x800, "MSG_DONTROUTE", 4);
        put(v, "SIOCINQ", 0x541b, "FIONREAD", 0x541b, "SIOCOUTQ", 0x5411, "TIOCOUTQ", 0x5411, "FIONBIO", 0x5421, "SIOCOUTQNSD", 0x894b);
        put(v, "NULL", 0, "IPTOS_LOWDELAY", 0x10, "IPTOS_THROUGHPUT", 8, "IPTOS_RELIABILITY", 4, "IPTOS_MINCOST", 2,
                "IP_PMTUDISC_DONT", 0, "IP_PMTUDISC_WANT", 1, "IP_PMTUDISC_DO", 2, "IP_PMTUDISC_PROBE", 3,
                "IPV6_PMTUDISC_DONT", 0, "IPV6_PMTUDISC_WANT", 1, "IPV6_PMTUDISC_DO", 2);
        for (Errno e : Errno.values()) {
            put(v, e.name(), e.number());
        }
        put(v, "EWOULDBLOCK", Errno.EAGAIN.number(), "EINTR", 4, "EIO", 5, "ENOMEM", 12, "EACCES", 13, "EPERM", 1, "ENOTSOCK", 88,
                "EPROTO", 71, "ENONET", 64, "EAFNOSUPPORT", 97, "ENETRESET", 102, "ESHUTDOWN", 108);
        return Map.copyOf(v);
    }

    private static void put(Map<String, Long> values, Object... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put((String) namesAndValues[i], (long) (Integer) namesAndValues[i + 1]);
        }
    }
}
