<?php

namespace App\Http\Controllers\Api;

use App\Models\Customer;
use App\Models\Order;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Redis;
use Illuminate\Support\Str;

class OrderController
{
    public function index(Request $request): JsonResponse
    {
        return response()->json(['data' => Order::newest($request->query('limit'))]);
    }

    public function show(string $reference): JsonResponse
    {
        return response()->json(['data' => Order::with('customer')->where('reference', $reference)->firstOrFail()]);
    }

    /** `fail` asks for an error after both rows are written: the transaction must leave neither. */
    public function store(Request $request): JsonResponse
    {
        $email = $request->input('email', 'customer1@example.com');
        $reference = $request->input('reference', 'PH-'.Str::upper(Str::random(10)));

        DB::beginTransaction();
        $customer = Customer::firstOrCreate(['email' => $email], ['name' => Str::before($email, '@')]);
        $order = $customer->orders()->create([
            'reference' => $reference,
            'status' => 'open',
            'total_cents' => (int) $request->input('total_cents', 1000),
        ]);
        if ($request->boolean('fail')) {
            DB::rollBack();

            return response()->json(['message' => 'rolled back', 'reference' => $reference], 422);
        }
        DB::commit();

        Order::forgetReport();
        Redis::publish('orders', json_encode(['event' => 'created', 'reference' => $reference]));

        return response()->json(['data' => $order], 201);
    }
}
