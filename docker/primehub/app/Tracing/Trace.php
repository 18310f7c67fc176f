<?php

namespace App\Tracing;

use Illuminate\Support\Facades\Log;
use Illuminate\Support\Str;

/** What is being done now, a request or a job: its id, its start, and the SQL statements it has run. */
class Trace
{
    private string $id;
    private float $started;
    private int $queries = 0;

    public function __construct()
    {
        $this->reset('cli-'.Str::random(12));
    }

    /** Takes the id over from the caller if it is one that may stand in a SQL comment, else makes one. */
    public function begin(?string $id): void
    {
        $this->reset($id !== null && preg_match('/^[A-Za-z0-9._-]{1,64}$/D', $id) ? $id : Str::random(32));
        Log::withContext(['rid' => $this->id]);
    }

    public function id(): string
    {
        return $this->id;
    }

    public function queries(): int
    {
        return $this->queries;
    }

    public function countQuery(): void
    {
        $this->queries++;
    }

    public function milliseconds(): float
    {
        return round((microtime(true) - $this->started) * 1000, 1);
    }

    private function reset(string $id): void
    {
        $this->id = $id;
        $this->started = microtime(true);
        $this->queries = 0;
    }
}
