/// Commands that look at a network and speak on it: ping, trace, dump, flows, tcpserver, tcpclient, neighbors, interfaces,
/// firewall. Each is a class that knows its options; what it does and how that looks are classes beside it.
package dev.millrace.cli.net;
