package dev.millrace.packetdrill.script;

import java.util.List;

/// An argument of a system call.
public sealed interface Expression {
    /// Where it begins.
    Position at();

    /// `...`: whoever runs the script knows.
    record Ellipsis(Position at) implements Expression {
    }

    /// A number.
    record Number(Position at, long value) implements Expression {
    }

    /// A number with a fraction.
    record Fraction(Position at, double value) implements Expression {
    }

    /// A symbol such as `SOL_SOCKET`.
    record Symbol(Position at, String name) implements Expression {
    }

    /// A string, several in a row put together.
    ///
    /// @param prefix whether it is only the beginning of what is meant
    record Text(Position at, String value, boolean prefix) implements Expression {
    }

    /// Alternatives with `|` between them: their bits together.
    record Or(Position at, List<Expression> parts) implements Expression {
        /// Copies the list.
        public Or {
            parts = List.copyOf(parts);
        }
    }

    /// `[...]`.
    record Array(Position at, List<Expression> elements) implements Expression {
        /// Copies the list.
        public Array {
            elements = List.copyOf(elements);
        }
    }

    /// `{...}`: members with names, or others without.
    record Struct(Position at, List<Member> members) implements Expression {
        /// Copies the list.
        public Struct {
            members = List.copyOf(members);
        }

        /// The value of the member of this name, or `null`.
        public Expression member(String name) {
            return members.stream().filter(m -> m.name().equals(name)).map(Member::value).findFirst().orElse(null);
        }
    }

    /// A member of a structure.
    ///
    /// @param at where it begins
    /// @param name or an empty string
    /// @param count what stands in parentheses behind the name, such as the 1 of `msg_iov(1)`, or `null`
    /// @param value what it is
    record Member(Position at, String name, Expression count, Expression value) {
    }

    /// A function of a value, such as `htons(80)`.
    record Apply(Position at, String function, List<Expression> arguments) implements Expression {
        /// Copies the list.
        public Apply {
            arguments = List.copyOf(arguments);
        }
    }
}
