package dev.millrace.packetdrill.junit;

import dev.millrace.packetdrill.IpVariant;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/// In place of `@Test`: a test of each script, which runs when the method has returned. The method may have a parameter of type
/// [StackUnderTest] to say what stack it is, such as one with a congestion control of yours; its body may be empty.
///
/// ```java
/// @PacketdrillTest("scripts/*.pkt")
/// void conforms(StackUnderTest stack) {
///     stack.option("tcp", "congestion-control", "mine");
/// }
/// ```
///
/// A script that fails, or is not of the language, fails its test with what was expected and what came; its packets are in
/// `target/packetdrill`. One that needs what the stack has not aborts it with the reason.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@TestTemplate
@SuppressWarnings("exports") // of JUnit, which who uses this has
@ExtendWith(PacketdrillExtension.class)
public @interface PacketdrillTest {
    /// Patterns of paths, such as `scripts/*.pkt` or `scripts/**.pkt`; relative ones are looked for in the working folder, in
    /// `src/test/resources`, `src/test` and `src/test/scripts`.
    String[] value();

    /// The variants of IP to run with; none means those that each script is meant for.
    IpVariant[] variants() default {};

    /// A profile of the stack's TCP.
    String profile() default "default";
}
