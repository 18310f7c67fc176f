<?php

namespace App\Jobs;

class BeSlow extends TrackedJob
{
    private const MOST_SECONDS = 5;

    protected function work(): string
    {
        $seconds = max(0.0, min(self::MOST_SECONDS, (float) ($this->input['seconds'] ?? 1)));
        usleep((int) ($seconds * 1_000_000));

        return "{$seconds} s";
    }
}
