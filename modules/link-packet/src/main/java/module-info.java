/// A link on an Ethernet interface of Linux, through a packet socket.
///
/// Its native calls are those of `dev.millrace.linux`, so programs on the module path are started with
/// `--enable-native-access=dev.millrace.linux`; on the class path with `--enable-native-access=ALL-UNNAMED`, or with
/// `Enable-Native-Access: ALL-UNNAMED` in the manifest of an executable jar.
module dev.millrace.link.packet {
    requires transitive dev.millrace;
    requires dev.millrace.linux;
    requires org.slf4j;

    exports dev.millrace.link.packet;

    provides dev.millrace.spi.LinkDriver with dev.millrace.link.packet.PacketDriver;
}
