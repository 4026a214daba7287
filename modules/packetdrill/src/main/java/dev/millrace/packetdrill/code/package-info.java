/// `%{ code }%`: the little of Python that scripts use, over what the stack tells of a connection.
package dev.millrace.packetdrill.code;
