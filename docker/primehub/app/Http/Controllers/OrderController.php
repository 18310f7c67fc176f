<?php

namespace App\Http\Controllers;

use App\Models\Order;
use Illuminate\Contracts\View\View;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

class OrderController
{
    public function index(Request $request): View
    {
        return view('orders', ['orders' => Order::newest($request->query('limit'))]);
    }

    public function report(): JsonResponse
    {
        return response()->json(['data' => Order::report()]);
    }
}
