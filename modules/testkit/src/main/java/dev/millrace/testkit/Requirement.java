package dev.millrace.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What a test shows: a requirement of an RFC, such as `RFC9293:MUST-13` or, of those that do not number theirs, the section, such as
/// `RFC8200:4.5`. `docs/rfc.md` is made of these.
@Documented
@Repeatable(Requirement.All.class)
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface Requirement {
    /// RFC and requirement, with a colon between them.
    String value();

    /// Several of one test.
    @Documented
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface All {
        /// Each of them.
        Requirement[] value();
    }
}
