/// TUN and TAP devices of Linux.
package dev.millrace.link.tun;
