<?php

namespace App\Queue;

/** The worker writes down until when its next sign of life is due; docker/php/queue-health compares. */
class Heartbeat
{
    private const FILE = '/tmp/worker-alive-until';

    public static function idle(): void
    {
        self::write(7);
    }

    /** A job may run for as long as the worker's default time-out. */
    public static function busy(): void
    {
        self::write(65);
    }

    private static function write(int $seconds): void
    {
        file_put_contents(self::FILE, time() + $seconds);
    }
}
