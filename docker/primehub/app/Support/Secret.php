<?php

namespace App\Support;

use RuntimeException;

/** A setting that is a secret: from the file that <NAME>_FILE names, as in production, or from the environment. */
class Secret
{
    public static function get(string $name): ?string
    {
        $file = env("{$name}_FILE");
        if (! $file) {
            return env($name);
        }
        if (! is_readable($file)) {
            throw new RuntimeException("{$name}_FILE names {$file}, which cannot be read");
        }

        return rtrim(file_get_contents($file), "\r\n");
    }
}
