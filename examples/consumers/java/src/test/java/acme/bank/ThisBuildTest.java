package acme.bank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The build runs what it was told to: this JUnit, and this path.
class ThisBuildTest {
    @Test
    void hasTheJunitThatItNames() {
        String jar = Path.of(Test.class.getProtectionDomain().getCodeSource().getLocation().getPath()).getFileName().toString();
        assertEquals("junit-jupiter-api-" + System.getProperty("expected.junit") + ".jar", jar);
    }

    @Test
    void isOnThePathThatItNames() {
        assertEquals(Boolean.getBoolean("expected.modulePath"), Bank.class.getModule().isNamed());
        assertTrue(!Bank.class.getModule().isNamed() || Bank.class.getModule().getName().equals("acme.bank"));
    }
}
