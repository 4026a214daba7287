package dev.millrace.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/// In place of `@Test`, on a test with [VirtualInternet]: runs it once with each of these seeds, as tests of their own.
///
/// The configuration parameter `millrace.seeds`, such as `-Dmillrace.seeds=1..10000`, goes first, so that a build of every day
/// tries few and one of every night many; `millrace.seed` is one of them again. With `-Dmillrace.check=true` each seed runs
/// twice, and the second run fails if it is not the same as the first, event by event. `millrace explore` finds the events that
/// are enough for a failure.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@TestTemplate
@ExtendWith(SeedsExtension.class)
public @interface Seeds {
    /// The seeds: `1..100`, or some with commas, as `7,11,20..30`; at most a million.
    String value() default "1..100";
}
