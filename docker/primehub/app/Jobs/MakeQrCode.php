<?php

namespace App\Jobs;

use QRcode;
use RuntimeException;

class MakeQrCode extends TrackedJob
{
    private const PIXELS_PER_MODULE = 6;

    protected function work(): string
    {
        require_once '/usr/share/phpqrcode/qrlib.php';

        $file = "qr/{$this->id}.png";
        $path = storage_path("app/{$file}");
        QRcode::png((string) ($this->input['text'] ?? ''), $path, QR_ECLEVEL_M, self::PIXELS_PER_MODULE);
        // the library keeps its errors to itself
        if (! is_file($path)) {
            throw new RuntimeException("no QR code was written to {$path}");
        }

        return $file;
    }
}
