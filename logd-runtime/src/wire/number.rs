//! Prints a double the way ECMAScript does, so that a line for Graphite is byte for byte the
//! line that the original server would have sent.

use std::fmt;

/// A number that displays as ECMAScript prints it: `10`, `0.1`, `1e+21`, `1e-7`.
///
/// The digits are the fewest that read back as the same double.
///
/// ```
/// use logd_runtime::wire::EcmaNumber;
///
/// assert_eq!(EcmaNumber(10.0).to_string(), "10");
/// assert_eq!(EcmaNumber(1e21).to_string(), "1e+21");
/// assert_eq!(EcmaNumber(0.0000001).to_string(), "1e-7");
/// assert_eq!(EcmaNumber(-0.0).to_string(), "0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EcmaNumber(pub f64);

impl fmt::Display for EcmaNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        if n.is_nan() {
            return f.write_str("NaN");
        }
        if n == 0.0 {
            return f.write_str("0");
        }
        if n < 0.0 {
            f.write_str("-")?;
        }
        if n.is_infinite() {
            return f.write_str("Infinity");
        }
        // Rust's own shortest form, `d.ddde±x`, has the digits; only their layout differs.
        let scientific = format!("{:e}", n.abs());
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
        // The decimal point stands behind this many digits.
        let point = exponent + 1;
        match point {
            1..=21 => {
                let point = point as usize;
                if digits.len() <= point {
                    write!(f, "{digits:0<point$}")
                } else {
                    write!(f, "{}.{}", &digits[..point], &digits[point..])
                }
            }
            -5..=0 => {
                let zeros = point.unsigned_abs() as usize;
                write!(f, "0.{:0<zeros$}{digits}", "")
            }
            _ => {
                let (first, rest) = digits.split_at(1);
                let dot = if rest.is_empty() { "" } else { "." };
                write!(f, "{first}{dot}{rest}e{exponent:+}")
            }
        }
    }
}
