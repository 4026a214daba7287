package dev.millrace.packetdrill;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whatever a script says, running it comes to a result: an error, a failure, a pass; it never throws, and the stack under it never
/// does. `-Dmillrace.fuzz=N` tries N scripts, `-Dmillrace.fuzz.seed=N` others.
class ScriptFuzzTest {
    private static final String ALPHABET = "0123456789.+-~*<>()[]{}=,:|\"`%/ \nSFRP.EWAUackwinmsTvl_";

    private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(Long.getLong("millrace.fuzz.seed", 14));

    private String damaged(String text) {
        var b = new StringBuilder(text);
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            int at = random.nextInt(b.length());
            switch (random.nextInt(5)) {
                case 0 -> b.deleteCharAt(at);
                case 1 -> b.insert(at, ALPHABET.charAt(random.nextInt(ALPHABET.length())));
                case 2 -> b.setCharAt(at, ALPHABET.charAt(random.nextInt(ALPHABET.length())));
                case 3 -> b.delete(at, Math.min(b.length(), at + random.nextInt(40)));
                default -> b.insert(at, b.substring(Math.max(0, at - random.nextInt(60)), at));
            }
            if (b.isEmpty()) {
                b.append('0');
            }
        }
        return b.toString();
    }

    @Test
    @Timeout(600)
    void damagedScriptsComeToAResult() throws IOException {
        List<String> scripts = new ArrayList<>();
        for (Path file : ScriptsTest.scripts()) {
            scripts.add(Packetdrill.read(file));
        }
        for (int i = Integer.getInteger("millrace.fuzz", 3000); i > 0; i--) {
            String text = damaged(scripts.get(random.nextInt(scripts.size())));
            ScriptResult r;
            try {
                r = Packetdrill.create().variant(IpVariant.values()[random.nextInt(3)]).run("damaged", text);
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("this script throws:\n" + text, e);
            }
            assertNotNull(r);
            assertTrue(!r.message().startsWith("the stack threw"), () -> r + "\n" + text);
            assertTrue(r.status() != ScriptResult.Status.ERROR || r.line() > 0 && r.column() > 0, () -> r + "\n" + text);
        }
    }
}
