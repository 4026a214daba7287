/// Congestion controls that come with TCP; others are plug-ins, as these are.
package dev.millrace.tcp.cc;
