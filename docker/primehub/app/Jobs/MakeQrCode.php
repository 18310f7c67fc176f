<?php

namespace App\Jobs;

use QRcode;

class MakeQrCode extends TrackedJob
{
    private const PIXELS_PER_MODULE = 6;

    protected function work(): string
    {
        require_once '/usr/share/phpqrcode/qrlib.php';

        $file = "qr/{$this->id}.png";
        QRcode::png((string) ($this->input['text'] ?? ''), storage_path("app/{$file}"), QR_ECLEVEL_M, self::PIXELS_PER_MODULE);

        return $file;
    }
}
