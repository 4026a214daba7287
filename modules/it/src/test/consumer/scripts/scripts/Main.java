package scripts;

import dev.millrace.packetdrill.Packetdrill;
import java.nio.file.Path;

public class Main {
    public static void main(String[] args) throws Exception {
        System.out.println(Packetdrill.create().run(Path.of(args[0])).status() + ", JUnit is here: "
                + ModuleLayer.boot().findModule("org.junit.jupiter.api").isPresent());
    }
}
