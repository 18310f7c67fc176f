<?php

namespace Database\Seeders;

use Illuminate\Database\Seeder;
use Illuminate\Support\Facades\DB;

/** The same 20 customers and 200 orders in every database, in two statements. */
class DatabaseSeeder extends Seeder
{
    private const CUSTOMERS = 20;
    private const ORDERS = 200;

    public function run(): void
    {
        $now = now();
        DB::transaction(static function () use ($now): void {
            DB::table('customers')->insert(array_map(static fn (int $n) => [
                'id' => $n,
                'name' => "Customer {$n}",
                'email' => "customer{$n}@example.com",
                'created_at' => $now,
                'updated_at' => $now,
            ], range(1, self::CUSTOMERS)));

            DB::table('orders')->insert(array_map(static fn (int $n) => [
                'reference' => sprintf('PH-%05d', $n),
                'customer_id' => 1 + $n % self::CUSTOMERS,
                'status' => ['open', 'paid', 'shipped'][$n % 3],
                'total_cents' => 500 + ($n * 737) % 20000,
                'created_at' => $now,
                'updated_at' => $now,
            ], range(1, self::ORDERS)));
        });
    }
}
