<?php

namespace App\Http\Controllers;

use App\Models\Order;
use Illuminate\Contracts\View\View;
use Illuminate\Http\Request;

class AboutController
{
    public function show(Request $request): View
    {
        return view('about', [
            'orders' => Order::count(),
            // to tell one rendering of the page from another
            'rendered' => now()->format('Y-m-d\TH:i:s.uP'),
            'visits' => $request->hasSession() ? $request->session()->increment('visits') : null,
        ]);
    }
}
