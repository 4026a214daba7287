package dev.millrace.dns;

import java.net.UnknownHostException;

/// A name could not be resolved. The message names it, and says why.
public final class DnsException extends UnknownHostException {
    private static final long serialVersionUID = 1;

    DnsException(String message) {
        super(message);
    }
}
