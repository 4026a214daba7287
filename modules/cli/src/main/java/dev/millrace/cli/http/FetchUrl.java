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
        return rooted(url);
    }

    /// An empty path is the root (RFC 9110 §4.2.3), which java.net.URI does not know when it resolves.
    private static URI rooted(URI url) {
        if (url.getRawPath() == null || !url.getRawPath().isEmpty()) {
            return url;
        }
        return url.resolve(url.getRawQuery() == null ? "/" : "/?" + url.getRawQuery());
    }

    /// Where a Location header leads, which may be relative (RFC 9110 §10.2.2) and is not always encoded as it should be.
    ///
    /// @throws IllegalArgumentException if it is no URL
    static URI resolve(URI base, String location) {
        String text = encoded(location.strip());
        if (text.startsWith("?")) {
            // java.net.URI is of RFC 2396, where that means the folder; since RFC 3986 §5.2.2 it is the same path.
            text = base.getRawPath() + text;
        }
        return rooted(base.resolve(text));
    }

    /// Encodes what servers send although it must not be in a URL: blanks and bytes above 7 bits.
    private static String encoded(String text) {
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 0x20 && c < 0x7f) {
                out.append(c);
            } else if (c <= 0xff) {
                out.append(String.format("%%%02X", (int) c));
            } else {
                throw new IllegalArgumentException("it is not in ASCII");
            }
        }
        return out.toString();
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
