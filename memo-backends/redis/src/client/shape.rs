//! What a command can be answered with.

use redis::{Arg, Cmd, Value};

/// Whether a reply has a form that the command can be answered with. An error of the server's always has.
pub(super) fn fits(command: &Cmd, reply: &Value) -> bool {
    use Value::{Array, BulkString, Int, Nil, Okay, ServerError, SimpleString};
    let Some(Arg::Simple(name)) = command.args_iter().next() else {
        return true;
    };
    match (name, reply) {
        (_, ServerError(_)) => true,
        (b"GET", reply) => matches!(reply, BulkString(_) | Nil),
        (b"MGET", reply) => {
            let many = command.args_iter().len() - 1;
            matches!(reply, Array(values) if values.len() == many)
        }
        (b"SET" | b"AUTH" | b"SELECT" | b"ASKING", reply) => *reply == Okay,
        (b"TYPE" | b"PING", reply) => matches!(reply, SimpleString(_)),
        (b"UNLINK" | b"DEL" | b"STRLEN", reply) => matches!(reply, Int(_)),
        // Our scripts.
        (b"EVAL" | b"EVALSHA", reply) => matches!(reply, Int(_) | BulkString(_) | SimpleString(_)),
        (b"ROLE" | b"CLUSTER", reply) => matches!(reply, Array(_)),
        (b"SENTINEL", reply) => matches!(reply, Array(_) | Nil),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use redis::{cmd, parse_redis_value};

    use super::*;

    const BULK: &str = "$1\r\nA\r\n";
    const NIL: &str = "$-1\r\n";
    const TWO: &str = "*2\r\n$-1\r\n$-1\r\n";
    const OKAY: &str = "+OK\r\n";
    const WORD: &str = "+none\r\n";
    const NUMBER: &str = ":1\r\n";

    #[test]
    fn commands_have_answers_of_their_own_forms() {
        let forms: [(&[&str], &[&str]); 9] = [
            (&["GET", "a"], &[BULK, NIL]),
            (&["MGET", "a", "b"], &[TWO]),
            (&["SET", "a", "A"], &[OKAY]),
            (&["TYPE", "a"], &[WORD]),
            (&["UNLINK", "a"], &[NUMBER]),
            (&["DEL", "a"], &[NUMBER]),
            (&["EVALSHA", "0"], &[NUMBER, BULK, WORD]),
            (&["ROLE"], &[TWO]),
            (&["SENTINEL", "a"], &[TWO, NIL]),
        ];
        for (words, own) in forms {
            let mut command = cmd(words[0]);
            command.arg(&words[1..]);
            for answer in [BULK, NIL, TWO, OKAY, WORD, NUMBER] {
                let reply = parse_redis_value(answer.as_bytes()).expect("it is one");
                assert_eq!(
                    fits(&command, &reply),
                    own.contains(&answer),
                    "{words:?} {answer:?}"
                );
            }
            let refusal = parse_redis_value(b"-ERR no\r\n").expect("it is one");
            assert!(fits(&command, &refusal));
        }
    }

    #[test]
    fn as_many_values_come_as_were_asked_for() {
        let one = parse_redis_value(b"*1\r\n$-1\r\n").expect("it is one");
        assert!(fits(cmd("MGET").arg("a"), &one));
        assert!(!fits(cmd("MGET").arg("a").arg("b"), &one));
    }
}
