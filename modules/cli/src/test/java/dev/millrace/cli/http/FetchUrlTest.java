package dev.millrace.cli.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FetchUrlTest {
    @ParameterizedTest
    @CsvSource({"example.org, http://example.org/", "example.org:8080/x, http://example.org:8080/x",
            "http://h, http://h/", "http://h?q=1, http://h/?q=1", "HTTPS://h/a, HTTPS://h/a", "http://[::1]/, http://[::1]/"})
    void readsWhatPeopleWrite(String text, String url) {
        assertEquals(url, FetchUrl.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://h/", "http://", "http:///x", "http://h:99999/", "http://h:0/", "http://u:p@h/", "a b", ""})
    void refusesTheRest(String text) {
        assertThrows(IllegalArgumentException.class, () -> FetchUrl.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"http://h/a/b?x, ?y, http://h/a/b?y", "http://h/, x y, http://h/x%20y", "http://h/a, http://i, http://i/",
            "http://h/a/b, ../c, http://h/c", "http://h/a, //i/b, http://i/b", "http://h/a, /\u00fc, http://h/%FC",
            "https://h/a, /b, https://h/b"})
    void followsLocations(String base, String location, String url) {
        assertEquals(url, FetchUrl.resolve(URI.create(base), location).toString());
    }
}
