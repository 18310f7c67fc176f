<?php

namespace App\Models;

use Illuminate\Database\Eloquent\Collection;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;
use Illuminate\Support\Facades\Cache;

class Order extends Model
{
    private const REPORT = 'orders.report';
    private const REPORT_SECONDS = 60;

    protected $fillable = ['reference', 'status', 'total_cents'];

    public function customer(): BelongsTo
    {
        return $this->belongsTo(Customer::class);
    }

    /** Two statements, however many orders are listed. */
    public static function newest(mixed $limit): Collection
    {
        return self::with('customer')->latest('id')->limit(max(1, min(100, (int) ($limit ?? 20))))->get();
    }

    /** Orders and revenue by status; from the cache if asked again within a minute. */
    public static function report(): array
    {
        return Cache::remember(self::REPORT, self::REPORT_SECONDS, static fn () => self::query()
            ->selectRaw('status, COUNT(*) AS orders, SUM(total_cents) AS total_cents')
            ->groupBy('status')->orderBy('status')->get()->toArray());
    }

    public static function forgetReport(): void
    {
        Cache::forget(self::REPORT);
    }
}
