package dev.millrace.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// Gives each test a simulated Internet of its own. Fields and parameters with [SimHost] become its hosts, a parameter of
/// type [dev.millrace.internet.Internet] is the Internet itself. On a class, for all its tests; on a method, for this one.
///
/// After each test everything is closed, and a test fails whose programs failed without its asking how, or that left packets
/// behind. When it fails, its exception says the seed, what was lost why, and how to run it again, and the capture is
/// attached (JUnit's `publishFile`).
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
@ExtendWith(VirtualInternetExtension.class)
public @interface VirtualInternet {
    /// The value of [#seed()] that means another one each time.
    long ANY_SEED = Long.MIN_VALUE;

    /// What chance follows from. The configuration parameter `millrace.seed`, such as `-Dmillrace.seed=42`, goes first; if
    /// nothing is said, each run has another, which is told when a test fails.
    long seed() default ANY_SEED;

    /// How time passes.
    Time time() default Time.VIRTUAL;

    /// A topology to begin with, as `docs/internet-file.md` describes it: a resource of the class path, found from the test's
    /// class, or a file. Needs the module `dev.millrace.internet.config`. Of it `time`, `seed`, and what is said here other
    /// than by default, are the annotation's; its hosts are injected by their names.
    String file() default "";

    /// What the paths between hosts are like that no [Link] describes; without `from` and `to`.
    Link everywhere() default @Link;

    /// The MTU of the hosts in bytes, 1280 to 65535; with a file that of the hosts that it does not describe.
    int mtu() default 1500;

    /// How much simulated time a test may take, such as `1h`; a test that never ends fails then.
    String limit() default "1d";

    /// When the capture is kept.
    Capture capture() default Capture.ON_FAILURE;

    /// Whether a picture of the topology and graphs of the TCP connections are attached beside the capture.
    boolean plot() default false;

    /// Whether a program's failure fails the test even if nobody asks for it.
    boolean failWithPrograms() default true;

    /// Whether simulated time goes on after a program has failed that nobody waits for; if not, the test hears of it at once.
    boolean goOnAfterFailures() default false;

    /// How time passes.
    enum Time {
        /// From event to event: a function of the seed, and as fast as the machine is.
        VIRTUAL,
        /// By the wall clock: any library may be used in any thread.
        REAL
    }

    /// When captures are kept.
    enum Capture {
        /// When a test has failed.
        ON_FAILURE,
        /// Of every test.
        ALWAYS,
        /// Of none.
        NEVER
    }
}
