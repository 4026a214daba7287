/// A stack as what programs that know nothing of it take: sockets and socket factories of the JDK.
module dev.millrace.jdk {
    requires transitive dev.millrace;

    exports dev.millrace.jdk;
}
