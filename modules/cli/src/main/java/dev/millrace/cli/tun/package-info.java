/// `millrace tun` and `millrace doctor`: a TUN device with all that it needs around it, made, undone and looked at.
///
/// [Setup] plans [Step]s from [Settings], writes each down ([States]) before it is done, and undoes them in reverse. It
/// sees the system through [Machine] only, so that tests run it against one of their own.
package dev.millrace.cli.tun;
