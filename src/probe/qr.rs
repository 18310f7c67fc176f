//! QR codes (ISO/IEC 18004), read from PNG files.

/// The text of the one QR code in a picture.
///
/// # Errors
/// What is wrong with the picture, in words that follow "it is".
pub fn decode(picture: &[u8]) -> Result<String, String> {
    let picture = image::load_from_memory_with_format(picture, image::ImageFormat::Png)
        .map_err(|why| format!("not a PNG file ({why})"))?
        .to_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let (x, y) = (u32::try_from(x).unwrap_or(0), u32::try_from(y).unwrap_or(0));
        picture.get_pixel(x, y).0[0]
    });
    match prepared.detect_grids().as_slice() {
        [] => Err(format!("a picture of {width}x{height} without a QR code")),
        [grid] => grid
            .decode()
            .map(|(_, text)| text)
            .map_err(|why| format!("a QR code that cannot be decoded ({why})")),
        grids => Err(format!("a picture with {} QR codes", grids.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_picture_is_said_to_be_none() {
        let why = decode(b"<html>").expect_err("not a picture");
        assert!(why.starts_with("not a PNG file"), "{why}");
    }
}
