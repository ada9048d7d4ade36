//! Exact decimal text to and from the control law's fixed point.
//!
//! People write fractions (`0.06`), the law works in parts per million, and both
//! are shown in decimal. The way between them is a shift of the decimal point in
//! the text: floating point never touches a number here. The only rounding is the
//! one to the fixed-point grid (2^-48), half to even.

use std::fmt;
use std::str::FromStr;

use homeostat_control::Fx;

/// Decimal places between a fraction and parts per million.
pub const PPM: i32 = 6;

/// Longest text taken for a number, in bytes. Longer than the exact expansion of
/// every fixed-point value (24 digits, a point, 48 digits).
const LONGEST: usize = 200;

/// Largest power of ten taken, either sign: bounds the work, and is far outside
/// what any quantity of the law can be.
const LARGEST_EXPONENT: i32 = 400;

/// A decimal number of any size: `0.digits * 10^point`, without leading or
/// trailing zeros among the digits; zero has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: String,
    point: i32,
}

/// Why text is not a number that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Not of the form `-12.5` or `1.5e-3`.
    NotANumber,
    /// `nan`, `inf` and their kin.
    NotFinite,
    /// More text than any useful number needs.
    TooLong,
    /// Outside the range of the type asked for.
    OutOfRange,
    /// Digits behind the decimal point where a whole number is needed.
    NotWhole,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "is not a number",
            Self::NotFinite => "is not a finite number",
            Self::TooLong => "has too many digits",
            Self::OutOfRange => "is out of range",
            Self::NotWhole => "is not a whole number",
        })
    }
}

impl std::error::Error for DecimalError {}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Takes `[+-] digits [. digits] [e [+-] digits]`, with at least one digit
    /// before the exponent.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        if text.len() > LONGEST {
            return Err(DecimalError::TooLong);
        }
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if ["nan", "inf", "infinity"]
            .iter()
            .any(|word| unsigned.eq_ignore_ascii_case(word))
        {
            return Err(DecimalError::NotFinite);
        }
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = || whole.bytes().chain(part.bytes());
        if digits().next().is_none() || !digits().all(|byte| byte.is_ascii_digit()) {
            return Err(DecimalError::NotANumber);
        }
        Ok(Self::from_parts(negative, whole, part, exponent))
    }
}

/// Reads the digits behind the `e`.
fn read_exponent(text: &str) -> Result<i32, DecimalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    match text.parse::<i32>() {
        Ok(exponent) if exponent.abs() <= LARGEST_EXPONENT => Ok(exponent),
        _ => Err(DecimalError::OutOfRange),
    }
}

impl Decimal {
    /// `whole.part * 10^exponent`, both parts short and of digits only. One
    /// representation for each number: no negative zero, no point without digits.
    fn from_parts(negative: bool, whole: &str, part: &str, exponent: i32) -> Self {
        let all = [whole, part].concat();
        let significant = all.trim_start_matches('0');
        let digits = significant.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Self {
                negative: false,
                digits,
                point: 0,
            };
        }
        // LONGEST bounds both lengths: nothing is cut off and no sum overflows.
        let leading = all.len() - significant.len();
        Self {
            negative,
            digits,
            point: whole.len() as i32 - leading as i32 + exponent,
        }
    }

    /// A whole number.
    pub fn whole(value: impl Into<i128>) -> Self {
        let value: i128 = value.into();
        Self::from_parts(value < 0, &value.unsigned_abs().to_string(), "", 0)
    }

    /// The exact expansion of a fixed-point value.
    pub fn from_fx(value: Fx) -> Self {
        const FRACTION_BITS: u32 = 48;
        let bits = value.to_bits().unsigned_abs();
        let whole = bits >> FRACTION_BITS;
        let mut rest = bits & ((1 << FRACTION_BITS) - 1);
        let mut part = String::new();
        // Each round moves one decimal digit above the binary point; 48 bits are
        // spent after at most 48 rounds.
        while rest != 0 {
            rest *= 10;
            part.push(char::from(b'0' + (rest >> FRACTION_BITS) as u8));
            rest &= (1 << FRACTION_BITS) - 1;
        }
        Self::from_parts(value.is_negative(), &whole.to_string(), &part, 0)
    }

    /// The shortest decimal that reads back as a fixed-point value.
    pub fn shortest(value: Fx) -> Self {
        // 48 bits are told apart by 15 decimal places: 10^15 > 2^48.
        const PLACES: u32 = 15;
        let bits = value.to_bits();
        let short = (0..=PLACES).find_map(|places| {
            let scaled = bits.checked_mul(10i128.pow(places))?;
            // Half away from zero; whether it is near enough is seen by reading it.
            let half = 1i128 << 47;
            let whole = (scaled.checked_add(half * scaled.signum())?) / (1i128 << 48);
            let decimal = whole.to_string().parse::<Self>().ok()?;
            let decimal = decimal.shifted(-(places as i32));
            (decimal.to_fx() == Ok(value)).then_some(decimal)
        });
        short.unwrap_or_else(|| Self::from_fx(value))
    }

    /// This number with at most so many decimal places, for people: half away from zero.
    #[must_use]
    pub fn rounded(mut self, places: u16) -> Self {
        let kept = self.point.saturating_add(i32::from(places));
        let Ok(kept) = usize::try_from(kept) else {
            return Self::from(0);
        };
        let Some(next) = self.digits.as_bytes().get(kept).copied() else {
            return self;
        };
        self.digits.truncate(kept);
        if next >= b'5' {
            // All nines become a one and one more place before it.
            let nines = self.digits.len() - self.digits.trim_end_matches('9').len();
            self.digits.truncate(self.digits.len() - nines);
            match self.digits.pop() {
                Some(last) => self.digits.push(char::from(last as u8 + 1)),
                None => {
                    self.digits.push('1');
                    self.point += 1;
                }
            }
        }
        let significant = self.digits.trim_end_matches('0').len();
        self.digits.truncate(significant);
        if self.digits.is_empty() {
            return Self::from(0);
        }
        self
    }

    /// This number times 10^`places`.
    #[must_use]
    pub fn shifted(mut self, places: i32) -> Self {
        if !self.digits.is_empty() {
            self.point += places;
        }
        self
    }

    /// This number times another, exactly.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        // Columns as in school, the last digit first: a column is below 81 x LONGEST.
        let mut columns = vec![0_u32; self.digits.len() + other.digits.len()];
        for (low, left) in self.digits.bytes().rev().enumerate() {
            for (high, right) in other.digits.bytes().rev().enumerate() {
                if let Some(column) = columns.get_mut(low + high) {
                    *column += u32::from(left - b'0') * u32::from(right - b'0');
                }
            }
        }
        let mut carry = 0;
        let mut digits = Vec::with_capacity(columns.len());
        for column in columns {
            let sum = column + carry;
            digits.push(b'0' + (sum % 10) as u8);
            carry = sum / 10;
        }
        let digits: String = digits.iter().rev().copied().map(char::from).collect();
        let places = self.point + other.point;
        Self::from_parts(self.negative != other.negative, "", &digits, places)
    }

    /// The nearest fixed-point value, half to even.
    pub fn to_fx(&self) -> Result<Fx, DecimalError> {
        self.to_string()
            .parse()
            .map_err(|_| DecimalError::OutOfRange)
    }

    /// The number as an integer, if it is one.
    pub fn to_i64(&self) -> Result<i64, DecimalError> {
        self.integer()
    }

    /// The number as an amount of base units, if it is one.
    pub fn to_u64(&self) -> Result<u64, DecimalError> {
        self.integer()
    }

    fn integer<T: std::str::FromStr>(&self) -> Result<T, DecimalError> {
        if self.point < self.digits.len() as i32 {
            return Err(DecimalError::NotWhole);
        }
        self.to_string()
            .parse()
            .map_err(|_| DecimalError::OutOfRange)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::whole(value)
    }
}

impl fmt::Display for Decimal {
    /// Plain digits: no exponent, no superfluous zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        let digits = &self.digits;
        match usize::try_from(self.point) {
            Ok(0) | Err(_) => {
                f.write_str("0.")?;
                for _ in self.point..0 {
                    f.write_str("0")?;
                }
                f.write_str(digits)
            }
            Ok(point) if point < digits.len() => {
                write!(f, "{}.{}", &digits[..point], &digits[point..])
            }
            Ok(point) => {
                f.write_str(digits)?;
                for _ in digits.len()..point {
                    f.write_str("0")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        text.parse::<Decimal>().expect(text).to_string()
    }

    fn refused(text: &str) -> DecimalError {
        text.parse::<Decimal>().expect_err(text)
    }

    #[test]
    fn the_shortest_form_reads_back_the_same() {
        for text in [
            "0",
            "0.6",
            "-0.59",
            "1",
            "0.000001",
            "60000",
            "123456.789",
            "0.1",
        ] {
            let value = text.parse::<Decimal>().unwrap().to_fx().unwrap();
            assert_eq!(Decimal::shortest(value).to_string(), text);
        }
        // Every value reads back, those without a short form as well.
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..1_000 {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            let value = Fx::from_bits(i128::from(bits as i64) << (bits % 16));
            assert_eq!(Decimal::shortest(value).to_fx(), Ok(value), "{bits}");
        }
    }

    #[test]
    fn people_see_few_places() {
        for (text, places, shown) in [
            ("0.6", 6, "0.6"),
            ("0.019999999999999574", 6, "0.02"),
            ("-0.0049999953", 6, "-0.005"),
            ("0.0000004", 6, "0"),
            ("0.0000005", 6, "0.000001"),
            ("0.00000049", 6, "0"),
            ("999.9999996", 6, "1000"),
            ("-999.5", 0, "-1000"),
            ("1234567", 6, "1234567"),
            ("0", 3, "0"),
            ("0.4", 0, "0"),
            ("0.5", 0, "1"),
        ] {
            let number = text.parse::<Decimal>().unwrap();
            assert_eq!(number.rounded(places).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn numbers_have_one_plain_form() {
        for (text, plain) in [
            ("0", "0"),
            ("-0.000", "0"),
            ("0e400", "0"),
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("007.500", "7.5"),
            ("-0.06", "-0.06"),
            ("1e3", "1000"),
            ("1.5E-3", "0.0015"),
            ("120e-1", "12"),
            ("0.00010e+2", "0.01"),
            (
                "123456789012345678901234567890.5",
                "123456789012345678901234567890.5",
            ),
        ] {
            assert_eq!(canonical(text), plain, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", "-", ".", "e5", "1e", "1e+", "0x10", "1_000", "1,5", "--1", "1.2.3", "٣", "5%",
            "1e2.5", "- 1",
        ] {
            assert_eq!(refused(text), DecimalError::NotANumber, "{text}");
        }
        for text in ["NaN", "nan", "-inf", "Infinity"] {
            assert_eq!(refused(text), DecimalError::NotFinite, "{text}");
        }
        assert_eq!(refused(&"1".repeat(201)), DecimalError::TooLong);
        assert_eq!(refused("1e401"), DecimalError::OutOfRange);
        assert_eq!(refused("1e-99999999999999999999"), DecimalError::OutOfRange);
    }

    #[test]
    fn a_fraction_becomes_parts_per_million_without_rounding() {
        // 0.29 * 1e6 in floating point is 290000.00000000006 or 289999.99999999994.
        let ppm = "0.29".parse::<Decimal>().expect("number").shifted(PPM);
        assert_eq!(ppm.to_i64(), Ok(290_000));
        assert_eq!(ppm.to_fx(), Ok(Fx::from_num(290_000)));
        let gain = "0.000002893518518518".parse::<Decimal>().expect("number");
        assert_eq!(gain.shifted(PPM).to_string(), "2.893518518518");
    }

    #[test]
    fn a_product_is_exact_whatever_the_signs_and_places() {
        let decimal = |text: &str| text.parse::<Decimal>().expect("number");
        for (left, right, product) in [
            ("0", "12", "0"),
            ("1", "12", "12"),
            ("-0.5", "0.5", "-0.25"),
            ("-99", "-99", "9801"),
            ("123456789", "1e-6", "123.456789"),
            ("1e6", "1e-6", "1"),
            ("0.1", "0.2", "0.02"),
            ("250", "4000", "1000000"),
            (
                "99999999999999999999",
                "99999999999999999999",
                "9999999999999999999800000000000000000001",
            ),
        ] {
            let (left, right) = (decimal(left), decimal(right));
            assert_eq!(left.times(&right).to_string(), product);
            assert_eq!(right.times(&left).to_string(), product);
        }
        // The longest there are.
        let nines = decimal(&"9".repeat(200));
        let product = nines.times(&nines).to_string();
        assert_eq!(product, format!("{}8{}1", "9".repeat(199), "0".repeat(199)));
    }

    #[test]
    fn half_an_ulp_rounds_to_even() {
        let half_ulp = Decimal::from_fx(Fx::from_bits(1)).to_string();
        let times = |factor: u128| -> Decimal {
            // 2^-49 = 5^49 / 10^49
            let digits = 5u128.pow(49) * factor;
            format!("{digits}e-49").parse().expect("number")
        };
        assert_eq!(half_ulp, times(2).to_string());
        assert_eq!(times(1).to_fx(), Ok(Fx::from_bits(0)), "1/2 ulp");
        assert_eq!(times(3).to_fx(), Ok(Fx::from_bits(2)), "3/2 ulp");
        let above = format!("{}1", times(1)).parse::<Decimal>().expect("number");
        assert_eq!(above.to_fx(), Ok(Fx::from_bits(1)), "just above 1/2 ulp");
    }

    #[test]
    fn fixed_point_expands_exactly_and_comes_back() {
        for bits in [
            0,
            1,
            -1,
            1 << 47,
            1 << 48,
            -(1 << 48),
            (1 << 48) + 1,
            60_000 << 48,
            0x0123_4567_89ab_cdef_0123,
            -0x0123_4567_89ab_cdef_0123,
            i128::MAX,
            i128::MIN,
        ] {
            let value = Fx::from_bits(bits);
            let text = Decimal::from_fx(value).to_string();
            assert_eq!(
                text.parse::<Decimal>().and_then(|d| d.to_fx()),
                Ok(value),
                "{text}"
            );
        }
        assert_eq!(
            Decimal::from_fx(Fx::from_bits(1)).to_string(),
            "0.000000000000003552713678800500929355621337890625"
        );
        assert_eq!(
            Decimal::from_fx(Fx::from_num(60_000))
                .shifted(-PPM)
                .to_string(),
            "0.06"
        );
        assert_eq!(
            Decimal::from_fx(Fx::from_num(-200.5))
                .shifted(-PPM)
                .to_string(),
            "-0.0002005"
        );
    }

    #[test]
    fn ranges_are_kept() {
        let decimal = |text: &str| text.parse::<Decimal>().expect("number");
        assert_eq!(decimal("9223372036854775807").to_i64(), Ok(i64::MAX));
        assert_eq!(
            decimal("9223372036854775808").to_i64(),
            Err(DecimalError::OutOfRange)
        );
        assert_eq!(decimal("1.0").to_i64(), Ok(1));
        assert_eq!(decimal("1.5").to_i64(), Err(DecimalError::NotWhole));
        assert_eq!(decimal("0.1").to_i64(), Err(DecimalError::NotWhole));
        assert_eq!(decimal("1e24").to_fx(), Err(DecimalError::OutOfRange));
        assert_eq!(decimal("-604462909807314587353088").to_fx(), Ok(Fx::MIN));
        assert_eq!(
            decimal("604462909807314587353088").to_fx(),
            Err(DecimalError::OutOfRange)
        );
        assert_eq!(decimal("1e-400").to_fx(), Ok(Fx::ZERO));
    }
}
