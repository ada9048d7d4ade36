//! What all charts look like.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub const BACKGROUND: RGBColor = RGBColor(250, 250, 248);
pub const PANEL: RGBColor = RGBColor(255, 255, 255);
pub const INK: RGBColor = RGBColor(40, 44, 52);
pub const MUTED: RGBColor = RGBColor(105, 112, 122);
pub const GRID: RGBColor = RGBColor(232, 234, 237);
pub const FRAME: RGBColor = RGBColor(190, 195, 202);
// Blue, orange and grey stay apart for colour-blind readers, and in grey print.
pub const OUTPUT: RGBColor = RGBColor(0, 96, 176);
pub const MEASURED: RGBColor = RGBColor(208, 92, 0);
pub const EVENT: RGBColor = RGBColor(120, 60, 140);
pub const FIXED: RGBColor = RGBColor(0, 130, 90);

pub const FONT: &str = "sans-serif";

/// An area of an SVG file.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Text that begins at its place.
pub fn starting<'a>(size: f64, colour: &'a RGBColor) -> TextStyle<'a> {
    (FONT, size)
        .into_font()
        .color(colour)
        .pos(Pos::new(HPos::Left, VPos::Top))
}

/// Text around its place.
pub fn centred<'a>(size: f64, colour: &'a RGBColor) -> TextStyle<'a> {
    (FONT, size)
        .into_font()
        .color(colour)
        .pos(Pos::new(HPos::Center, VPos::Center))
}
