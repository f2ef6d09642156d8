//! Pictures made small: a screenshot has few colours that matter, and 256 are enough. Must not know
//! what is on them.

use std::collections::BTreeMap;

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Transformations};

use crate::browser::Result;

/// What an indexed picture can have.
const COLOURS_MAX: usize = 256;

/// Red, green, blue.
type Colour = [u8; 3];

/// A PNG in true colour as one with a palette.
pub fn reduced(picture: &[u8]) -> Result<Vec<u8>> {
    let mut decoder = Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("a picture too big to hold")?];
    let info = reader.next_frame(&mut pixels)?;
    let n = info.color_type.samples();
    if n < 3 {
        return Err("a screenshot has colours".into());
    }
    let colours: Vec<Colour> =
        pixels[..info.buffer_size()].chunks_exact(n).map(|p| [p[0], p[1], p[2]]).collect();
    let (palette, index) = palette(&colours);
    let indices: Vec<u8> = colours.iter().map(|colour| index[colour]).collect();

    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, info.width, info.height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    encoder.set_palette(palette.concat());
    encoder.write_header()?.write_image_data(&indices)?;
    Ok(bytes)
}

/// The most frequent colours, none close to another, as close as it takes to have few enough; and for
/// each colour the nearest of them.
fn palette(colours: &[Colour]) -> (Vec<Colour>, BTreeMap<Colour, u8>) {
    let mut counts: BTreeMap<Colour, usize> = BTreeMap::new();
    for colour in colours {
        *counts.entry(*colour).or_default() += 1;
    }
    let mut frequent: Vec<Colour> = counts.keys().copied().collect();
    frequent.sort_by_key(|colour| std::cmp::Reverse(counts[colour]));
    let apart = |least: u32| {
        let mut kept: Vec<Colour> = Vec::new();
        for colour in &frequent {
            if kept.iter().all(|other| distance(*colour, *other) >= least) {
                kept.push(*colour);
            }
        }
        kept
    };
    let mut least = 1;
    let mut kept = apart(least);
    while kept.len() > COLOURS_MAX {
        least += least / 2 + 1;
        kept = apart(least);
    }
    let nearest = |colour: Colour| {
        let by_distance = |at: &u8| distance(kept[usize::from(*at)], colour);
        (0..=u8::MAX).take(kept.len()).min_by_key(by_distance).unwrap_or(0)
    };
    let index = frequent.iter().map(|colour| (*colour, nearest(*colour))).collect();
    (kept, index)
}

fn distance(a: Colour, b: Colour) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_stay_as_they_are_and_many_come_to_near_ones() {
        let few: Vec<Colour> = vec![[1, 2, 3], [1, 2, 3], [9, 9, 9]];
        let (kept, index) = palette(&few);
        assert_eq!((kept, index[&[9, 9, 9]]), (vec![[1, 2, 3], [9, 9, 9]], 1));
        let row = |green: u8| (0..200).map(move |red| [red, green, 7]);
        let many: Vec<Colour> = (0..150).flat_map(row).collect();
        let (kept, index) = palette(&many);
        assert!(kept.len() <= COLOURS_MAX);
        let far =
            many.iter().map(|colour| distance(*colour, kept[usize::from(index[colour])])).max();
        assert!(far < Some(400), "{far:?}");
    }
}
