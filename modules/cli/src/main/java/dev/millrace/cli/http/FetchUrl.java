package dev.millrace.cli.http;

import java.net.URI;
import java.net.URISyntaxException;

/// URLs as people write them.
final class FetchUrl {
    private FetchUrl() {
    }

    /// Reads a URL; without a scheme it is HTTP's.
    ///
    /// @throws IllegalArgumentException if it is none that can be fetched; the message says why
    static URI parse(String text) {
        String whole = text.matches("[A-Za-z][A-Za-z0-9+.-]*://.*") ? text : "http://" + text;
        URI url;
        try {
            url = new URI(whole);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("\"" + text + "\" is no URL: " + e.getReason(), e);
        }
        String wrong = problem(url);
        if (wrong != null) {
            throw new IllegalArgumentException(text + ": " + wrong);
        }
        return url.getRawPath() == null || url.getRawPath().isEmpty() ? url.resolve("/") : url;
    }

    /// Why it cannot be fetched, or `null`.
    static String problem(URI url) {
        String scheme = url.getScheme();
        if (scheme == null || !scheme.equalsIgnoreCase("http") && !scheme.equalsIgnoreCase("https")) {
            return "only http:// and https:// can be fetched";
        }
        if (url.getHost() == null) {
            return "the host is missing, or is no name";
        }
        if (url.getRawUserInfo() != null) {
            return "user names and passwords in URLs are not sent; use --header 'Authorization: ...'";
        }
        return url.getPort() == 0 || url.getPort() > 65535 ? "the port must be 1 to 65535" : null;
    }
}
