//! Numbers of things in a sentence. It must not know any noun.

/// `1 file`, `3 files`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `76 kB`, `18.4 MB`.
pub fn size(bytes: u64) -> String {
    match bytes.div_ceil(1000) {
        thousands @ 0..1000 => format!("{thousands} kB"),
        thousands => {
            let tenths = thousands.div_ceil(100);
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_few_digits() {
        assert_eq!(size(1), "1 kB");
        assert_eq!(size(75_844), "76 kB");
        assert_eq!(size(999_001), "1.0 MB");
        assert_eq!(size(18_379_324), "18.4 MB");
    }

    #[test]
    fn one_alone_is_singular() {
        let files = |number| count(number, "file", "files");
        assert_eq!(
            [files(0), files(1), files(2)],
            ["0 files", "1 file", "2 files"]
        );
    }
}
