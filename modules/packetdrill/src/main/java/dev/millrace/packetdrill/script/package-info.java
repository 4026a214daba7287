/// The language: text becomes a [Script][dev.millrace.packetdrill.script.Script], or an error with line and column. Nothing here
/// knows of stacks.
package dev.millrace.packetdrill.script;
