/// The system calls that the link drivers of Linux share, by the Foreign Function & Memory API.
///
/// It is for the drivers of this project; programs have no use for it, and nothing in it is a promise to others. All native
/// code is called from here, so programs on the module path are started with `--enable-native-access=dev.millrace.linux`; on
/// the class path with `--enable-native-access=ALL-UNNAMED`, or with `Enable-Native-Access: ALL-UNNAMED` in the manifest of
/// an executable jar.
module dev.millrace.linux {
    requires transitive dev.millrace;
    requires org.slf4j;

    exports dev.millrace.linux;
}
