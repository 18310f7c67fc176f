<?php

namespace App\Jobs;

use App\Models\JobResult;
use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Support\Facades\Redis;
use Throwable;

/** A job whose way can be followed: its status in Redis, what came of it in MySQL. */
abstract class TrackedJob implements ShouldQueue
{
    use Dispatchable;
    use InteractsWithQueue;
    use Queueable;

    public const TYPES = [
        'qr' => MakeQrCode::class,
        'mail' => SendMail::class,
        'slow' => BeSlow::class,
        'fail' => AlwaysFail::class,
    ];

    /** In seconds; shorter than the queue's retry_after, or a slow job would run twice. */
    public int $timeout = 8;

    private const STATUS_SECONDS = 86400;

    final public function __construct(public string $id, public array $input)
    {
    }

    public static function enqueue(string $id, array $input): void
    {
        self::setStatus($id, 'queued');
        static::dispatch($id, $input);
    }

    public static function status(string $id): ?string
    {
        return Redis::get("job:{$id}:status") ?: null;
    }

    public function handle(): void
    {
        // here, as a job that has failed for good no longer knows its attempts
        $this->record('processing', ['attempts' => $this->attempts(), 'worker' => gethostname()]);
        $this->record('done', ['result' => $this->work(), 'finished_at' => now()]);
    }

    public function failed(Throwable $reason): void
    {
        $this->record('failed', ['result' => $reason->getMessage(), 'finished_at' => now()]);
    }

    /** Does the work and says in a few words what came of it. */
    abstract protected function work(): string;

    private function record(string $status, array $facts): void
    {
        $type = array_search(static::class, self::TYPES, true);
        JobResult::updateOrCreate(['job_id' => $this->id], compact('type', 'status') + $facts);
        // last, so that whoever sees it finds the row
        self::setStatus($this->id, $status);
    }

    private static function setStatus(string $id, string $status): void
    {
        Redis::setex("job:{$id}:status", self::STATUS_SECONDS, $status);
    }
}
